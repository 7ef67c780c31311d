import { runReaderHost } from "./reader-host.ts";

runReaderHost();
