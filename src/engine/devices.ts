import { AppError } from "../base/index.ts";
import { describeExit, spawnHost, watchDeadline } from "../process/index.ts";
import type { Device, HostMessage, HostRequest } from "./protocol.ts";

const answerTimeoutMs = 20_000;

/** The devices that a build of the native libraries can compute on, asked of a process that ends with its answer. */
export async function readDevices(libraryDir: string): Promise<readonly Device[]> {
  const answer = Promise.withResolvers<readonly Device[]>();
  const host = spawnHost<HostRequest, HostMessage>({
    role: "engine-host",
    onMessage(message) {
      if (message.type === "devices") answer.resolve(message.devices);
    },
  });
  using _deadline = watchDeadline(answerTimeoutMs, () => host.kill("unresponsive"));
  host.send({ type: "devices", libraryDir });
  try {
    const died = host.exited.then((exit): never => {
      throw describeExit("the search for devices", exit);
    });
    died.catch(() => undefined);
    return await Promise.race([answer.promise, died]);
  } catch (cause) {
    const message = `the libraries in ${libraryDir} could not be opened to look for a GPU; see --library-dir`;
    throw new AppError("server_error", message, { cause });
  } finally {
    host.kill();
  }
}
