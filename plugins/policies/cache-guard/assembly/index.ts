import { Policy } from "hearth-sdk";
import { admit } from "./admit";
import { serve } from "./serve";

export function decide(): i32 {
  return new Policy()
    .onCacheServe((input) => serve(input))
    .onCacheAdmit((input) => admit(input))
    .run();
}
