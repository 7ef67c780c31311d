import { expect, test } from "bun:test";
import {
  joinWasm,
  wasmCustomSection,
  wasmName,
  wasmPreamble,
  wasmU32,
  writeWasm,
} from "../../testing/index.ts";
import { PluginFailure } from "../failure.ts";
import {
  manifestSection,
  readCustomSection,
  signatureSection,
  withCustomSection,
} from "./custom-sections.ts";
import { checkSignature, createSigningKey, signModule } from "./signature.ts";

const manifest = new TextEncoder().encode('{"name":"length"}');
const plain = withCustomSection(writeWasm({ functions: [{ body: [1] }] }), manifestSection, manifest);
const key = createSigningKey();
const signed = signModule(plain, key.privateKeyPem);
const invalid = expect.objectContaining({ code: "signature_invalid" });

function check(bytes: Uint8Array): ReturnType<typeof checkSignature> {
  return checkSignature(bytes, [key.publicKey]);
}

function signatureText(): string {
  return new TextDecoder().decode(readCustomSection(signed, signatureSection));
}

/** The signed module with another text in its signature section. */
function withText(text: string): Uint8Array {
  return joinWasm([plain, wasmCustomSection(signatureSection, new TextEncoder().encode(text))]);
}

test("no single changed bit leaves the module trusted", () => {
  for (let index = 0; index < signed.length; index += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const changed = signed.slice();
      changed[index] = (changed[index] ?? 0) ^ (1 << bit);
      expect(stateOf(changed)).not.toBe("trusted");
    }
  }
});

function stateOf(bytes: Uint8Array): string {
  try {
    return check(bytes).state;
  } catch (failure) {
    if (failure instanceof PluginFailure) return failure.code;
    throw failure;
  }
}

test("a section that is added after signing breaks the signature, wherever it is put", () => {
  const extra = wasmCustomSection("extra", [1]);
  expect(() => check(joinWasm([signed, extra]))).toThrow(invalid);
  expect(() => check(joinWasm([plain, extra, signed.subarray(plain.length)]))).toThrow(invalid);
  expect(() => check(joinWasm([signed.subarray(0, 8), extra, signed.subarray(8)]))).toThrow(invalid);
});

test("a manifest that is exchanged breaks the signature", () => {
  const other = new TextEncoder().encode('{"name":"lengtH"}');
  const exchanged = joinWasm([
    withCustomSection(plain, manifestSection, other),
    signed.subarray(plain.length),
  ]);
  expect(() => check(exchanged)).toThrow(invalid);
});

test("a signature that is moved to another place in the file does not fit", () => {
  const section = signed.subarray(plain.length);
  expect(() => check(joinWasm([wasmPreamble, section, plain.subarray(8)]))).toThrow(invalid);
});

test("the same signature in another notation does not fit", () => {
  const text = signatureText();
  const { publicKey, signature } = JSON.parse(text);
  const notations = [
    `${text} `,
    JSON.stringify({ signature, publicKey }),
    JSON.stringify({ publicKey, signature: signature.replaceAll("=", "") }),
    text.replace("ed25519", "\\u0065d25519"),
    text.replace("{", `{"publicKey":"${createSigningKey().publicKey}",`),
  ];
  for (const notation of notations) expect(() => check(withText(notation))).toThrow(invalid);
  expect(check(withText(text)).state).toBe("trusted");
});

test("a section whose length is written in more bytes than needed does not fit", () => {
  const body = joinWasm([wasmName(signatureSection), new TextEncoder().encode(signatureText())]);
  const [low = 0, high = 0] = wasmU32(body.length);
  const padded = joinWasm([plain, [0, low, high | 0x80, 0], body]);
  expect(readCustomSection(padded, signatureSection)).toBeDefined();
  expect(() => check(padded)).toThrow(invalid);
});

test("a signature of another module does not fit", () => {
  const other = signModule(writeWasm({ functions: [{}, {}] }), key.privateKeyPem);
  const text = new TextDecoder().decode(readCustomSection(other, signatureSection));
  expect(() => check(withText(text))).toThrow(invalid);
});

test("a trusted key's name under another key's signature does not fit", () => {
  const thief = createSigningKey();
  const stolen = signModule(plain, thief.privateKeyPem);
  const text = new TextDecoder().decode(readCustomSection(stolen, signatureSection));
  expect(() => check(withText(text.replace(thief.publicKey, key.publicKey)))).toThrow(invalid);
});

test("what is no signature in a signature's section is refused, not ignored", () => {
  const zeros = Buffer.alloc(64).toString("base64");
  const texts = [
    "",
    "null",
    "{}",
    "\u0000",
    JSON.stringify({ publicKey: key.publicKey }),
    JSON.stringify({ publicKey: key.publicKey, signature: "" }),
    JSON.stringify({ publicKey: key.publicKey, signature: zeros }),
    JSON.stringify({ publicKey: "ed25519:", signature: zeros }),
    JSON.stringify({ publicKey: `ed25519:${Buffer.alloc(32, 0xff).toString("base64")}`, signature: zeros }),
  ];
  for (const text of texts) expect(() => check(withText(text))).toThrow(invalid);
});

test("two signatures are refused", () => {
  const twice = joinWasm([signed, signed.subarray(plain.length)]);
  expect(() => check(twice)).toThrow(expect.objectContaining({ code: "module_invalid" }));
});
