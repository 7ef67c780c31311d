import { readFileSync } from "node:fs";

const bytesPerKib = 1024;

/** Resident memory of a process; undefined where the system does not tell, or once it has ended. */
export function readMemoryBytes(pid: number): number | undefined {
  return readStatusBytes(pid, "VmRSS");
}

/** Memory that the process made itself, without the pages of mapped files such as the model. */
export function readPrivateMemoryBytes(pid: number): number | undefined {
  return readStatusBytes(pid, "RssAnon");
}

function readStatusBytes(pid: number, field: string): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status);
    return match ? Number(match[1]) * bytesPerKib : undefined;
  } catch {
    return undefined;
  }
}
