import { open, readdir } from "node:fs/promises";
import { join } from "node:path";

export type PowerSource = "battery" | "mains" | "unknown";

const sysfsFolder = "/sys/class/power_supply";
const maxSupplies = 64;
const maxValueBytes = 64;

/** Where the machine's power comes from, as Linux says; unknown elsewhere and on machines that do not say. */
export async function readPowerSource(folder = sysfsFolder): Promise<PowerSource> {
  const names = await readdir(folder).catch(() => []);
  const supplies = await Promise.all(
    names.slice(0, maxSupplies).map((name) => readSupply(join(folder, name))),
  );
  if (supplies.includes("powered")) return "mains";
  if (supplies.includes("drained")) return "battery";
  return supplies.includes("resting") ? "mains" : "unknown";
}

/** `resting`: a battery that is full or waits, as a second one does also while the first is drained. */
type Supply = "powered" | "drained" | "resting" | "unknown";

const batteryStatus: Readonly<Record<string, Supply>> = {
  Charging: "powered",
  Discharging: "drained",
  Full: "resting",
  "Not charging": "resting",
};

async function readSupply(folder: string): Promise<Supply> {
  const [type, online, status, scope] = await Promise.all(
    ["type", "online", "status", "scope"].map((name) => readValue(join(folder, name))),
  );
  // Batteries of mice, keyboards and the like.
  if (type === undefined || scope === "Device") return "unknown";
  if (type === "Battery" || type === "UPS") return batteryStatus[status ?? ""] ?? "unknown";
  return online === "1" ? "powered" : "unknown";
}

/** The text of a small file; undefined where it cannot be read, as with a supply that was just taken away. */
async function readValue(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path, "r");
    const buffer = Buffer.alloc(maxValueBytes);
    const { bytesRead } = await file.read(buffer, 0, maxValueBytes, 0);
    return buffer.toString("utf8", 0, bytesRead).trim();
  } catch {
    return undefined;
  }
}
