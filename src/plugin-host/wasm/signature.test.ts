import { expect, test } from "bun:test";
import { createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { writeWasm } from "../../testing/index.ts";
import {
  manifestSection,
  readCustomSection,
  signatureSection,
  withCustomSection,
} from "./custom-sections.ts";
import { checkSignature, createSigningKey, isPublicKey, signModule } from "./signature.ts";

const plain = withCustomSection(
  writeWasm({ functions: [{}], exports: [{ name: "judge", index: 0 }] }),
  manifestSection,
  new TextEncoder().encode('{"name":"length"}'),
);
const key = createSigningKey();

test("a module without a signature is unsigned", () => {
  expect(checkSignature(plain, [key.publicKey])).toEqual({ state: "unsigned" });
});

test("a signature is trusted where its key is, and otherwise only fits", () => {
  const signed = signModule(plain, key.privateKeyPem);
  const { publicKey } = key;
  expect(checkSignature(signed, [createSigningKey().publicKey, publicKey])).toEqual({
    state: "trusted",
    publicKey,
  });
  expect(checkSignature(signed, [createSigningKey().publicKey])).toEqual({ state: "untrusted", publicKey });
  expect(checkSignature(signed, [])).toEqual({ state: "untrusted", publicKey });
});

test("signing leaves the module valid and its manifest readable", () => {
  const signed = signModule(plain, key.privateKeyPem);
  expect(WebAssembly.validate(signed)).toBe(true);
  expect(readCustomSection(signed, manifestSection)).toEqual(readCustomSection(plain, manifestSection));
});

test("signing again replaces the signature", () => {
  const other = createSigningKey();
  const signed = signModule(signModule(plain, key.privateKeyPem), other.privateKeyPem);
  expect(signed).toEqual(signModule(plain, other.privateKeyPem));
  expect(checkSignature(signed, [other.publicKey]).state).toBe("trusted");
});

test("the signature is plain ed25519 over the bytes before its section", () => {
  const signed = signModule(plain, key.privateKeyPem);
  const section = readCustomSection(signed, signatureSection);
  const { signature } = JSON.parse(new TextDecoder().decode(section));
  const raw = Buffer.from(signature, "base64");
  expect(verify(null, plain, createPublicKey(key.privateKeyPem), raw)).toBe(true);
  expect(raw).toEqual(sign(null, plain, key.privateKeyPem));
});

test("public keys are text of one form", () => {
  expect(key.publicKey).toMatch(/^ed25519:[A-Za-z0-9+/]{43}=$/);
  expect(isPublicKey(key.publicKey)).toBe(true);
  for (const text of ["", "ed25519:", key.publicKey.slice(8), `${key.publicKey} `, `${key.publicKey}AAAA`]) {
    expect(isPublicKey(text)).toBe(false);
  }
});

test("a key of another kind, or none, cannot sign", () => {
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const invalid = expect.objectContaining({ code: "signature_invalid" });
  const pem = other.export({ type: "pkcs8", format: "pem" }).toString();
  expect(() => signModule(plain, pem)).toThrow(invalid);
  expect(() => signModule(plain, "secret")).toThrow(invalid);
  expect(() => signModule(plain, "secret")).not.toThrow(/secret/);
});
