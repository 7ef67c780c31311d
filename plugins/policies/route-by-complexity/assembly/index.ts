import { Policy } from "hearth-sdk";
import { decideRoute } from "./rules";

export function decide(): i32 {
  return new Policy().onRouteDecide((input) => decideRoute(input)).run();
}
