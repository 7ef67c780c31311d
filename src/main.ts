import { findHostRole } from "./process/index.ts";

if (findHostRole(process.argv) === "engine-host") {
  void import("./engine/host/engine-host.ts").then(({ runEngineHost }) => runEngineHost());
} else {
  void import("./app.ts");
}
