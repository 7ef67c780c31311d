import { type Host, spawnHost } from "../process/index.ts";
import type { HostMessage, HostRequest } from "./protocol.ts";

/** A host's own code is light; compiling it further would take the cores that its model computes on. */
const hostEnvironment = { BUN_JSC_useFTLJIT: "0", BUN_JSC_useDFGJIT: "0" };

type Receive = (message: HostMessage) => void;

/** Starts engine hosts. */
export type HostSource = {
  start(receive: Receive): Host<HostRequest>;
  /** Ends the host that nobody took. */
  close(): void;
};

/**
 * With `libraryDir` one host is started at once and opens its libraries while the server still reads what the model is;
 * the first load takes it.
 */
export function createHostSource({ libraryDir }: { readonly libraryDir?: string } = {}): HostSource {
  let receiveSpare: Receive = () => undefined;
  let spare = libraryDir === undefined ? undefined : startHost((message) => receiveSpare(message));
  if (libraryDir !== undefined) spare?.send({ type: "open", libraryDir });
  return {
    start(receive) {
      const host = spare;
      spare = undefined;
      if (!host || host.hasExited) return startHost(receive);
      receiveSpare = receive;
      return host;
    },
    close() {
      spare?.kill();
      spare = undefined;
    },
  };
}

function startHost(onMessage: Receive): Host<HostRequest> {
  return spawnHost<HostRequest, HostMessage>({
    role: "engine-host",
    environment: hostEnvironment,
    onMessage,
  });
}
