/** `bun run bench`: the hot pieces one by one. `bun bench/micro.ts NAME` runs the pieces whose names contain NAME. */
import { group, run } from "mitata";
import { registerChatCodec } from "./micro/chat-codec.ts";
import { registerEventStream } from "./micro/event-stream.ts";
import { registerIpc } from "./micro/ipc.ts";
import { registerPrefixTree } from "./micro/prefix-tree.ts";
import { registerSampling } from "./micro/sampling.ts";

/** Defines the benches of one piece and returns what is to be closed afterwards. */
type Register = () => Promise<Disposable> | Disposable | undefined;

const pieces: Readonly<Record<string, Register>> = {
  sampling: registerSampling,
  "radix tree": registerPrefixTree,
  "chat codec": registerChatCodec,
  "SSE framing": registerEventStream,
  "IPC round trip": registerIpc,
};

async function main(filter: string): Promise<void> {
  await using resources = new AsyncDisposableStack();
  for (const [name, register] of Object.entries(pieces)) {
    if (!name.includes(filter)) continue;
    await group(name, async () => {
      resources.use(await register());
    });
  }
  await run({ throw: true });
}

await main(process.argv[2] ?? "");
