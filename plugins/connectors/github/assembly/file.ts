import { ConnectorOutput, data, failure, Json, textOf } from "hearth-sdk";
import { decodeBase64 } from "./base64";
import { GitHub } from "./client";
import { refuseRepository } from "./repository";
import { badAnswer } from "./status";
import { encode, encodePath, isRepositoryName } from "./text";
import { isUtf8 } from "./utf8-check";

export function getFile(github: GitHub, args: Json): ConnectorOutput {
  const repo = args.get("repo").asString();
  if (!isRepositoryName(repo)) return refuseRepository();
  const path = encodePath(args.get("path").asString());
  if (path == "") {
    return failure(
      "invalid",
      "path must be such as src/index.ts, without / at its ends and without . and .. in it",
    );
  }
  const ref = encode(args.get("ref").asString("main"));
  const answer = github.get("/repos/" + repo + "/contents/" + path + "?ref=" + ref);
  const failed = answer.failure;
  if (failed) return failed;
  const file = answer.json;
  if (file.isArray) return failure("not_a_file", "the path is a folder; ask for a file in it");
  const type = file.get("type").asString();
  if (type == "submodule" || type == "symlink") return failure("not_a_file", "the path is a " + type);
  return decode(file);
}

function decode(file: Json): ConnectorOutput {
  const size = file.get("size");
  const sha = file.get("sha");
  const path = file.get("path");
  const content = file.get("content");
  if (file.get("type").asString() != "file" || !size.isNumber || !sha.isString || !path.isString) {
    return badAnswer("its answer is no file with path, sha and size");
  }
  // What GitHub writes for files of more than 1 MiB.
  if (file.get("encoding").asString() == "none") {
    return failure(
      "too_large",
      "the file has " + size.asInteger().toString() + " bytes; GitHub gives at most 1 MiB this way",
    );
  }
  if (file.get("encoding").asString() != "base64" || !content.isString) {
    return badAnswer("the file is in an encoding that is not base64");
  }
  const bytes = decodeBase64(content.asString());
  if (!bytes) return badAnswer("the file's base64 is broken");
  if (<f64>bytes.byteLength != size.asNumber()) return badAnswer("the file is not as long as its size says");
  if (!isUtf8(bytes))
    return failure("not_text", "the file is binary, or text in another encoding than UTF-8");
  return data<Json>(
    Json.object().set("path", path).set("content", textOf(bytes)).set("sha", sha).set("size", size),
  );
}
