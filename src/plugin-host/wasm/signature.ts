/**
 * A signature covers every byte of the module but its own section, which must be the last one and written in the
 * one way that `signModule` writes it, so that no byte of a signed file can change unseen.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { z } from "zod";
import { PluginFailure } from "../failure.ts";
import {
  readCustomSections,
  signatureSection,
  withCustomSection,
  withoutCustomSection,
} from "./custom-sections.ts";

const keyPrefix = "ed25519:";
const keyBytes = 32;
const signatureBytes = 64;

const signatureSchema = z.strictObject({
  publicKey: z.string().max(100),
  signature: z.base64().max(100),
});

export type SigningKey = {
  /** PKCS #8. */
  readonly privateKeyPem: string;
  /** `ed25519:` and the base64 of the 32 bytes. */
  readonly publicKey: string;
};

export type SignatureState =
  | { readonly state: "unsigned" }
  | { readonly state: "trusted" | "untrusted"; readonly publicKey: string };

export function createSigningKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const privateKeyPem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { privateKeyPem, publicKey: showPublicKey(publicKey) };
}

/** The module with a signature as its last section, instead of the one it had. */
export function signModule(bytes: Uint8Array, privateKeyPem: string): Uint8Array<ArrayBuffer> {
  const privateKey = readPrivateKey(privateKeyPem);
  const unsigned = withoutCustomSection(bytes, signatureSection);
  const signature = sign(null, unsigned, privateKey);
  return attach(unsigned, showPublicKey(createPublicKey(privateKey)), signature);
}

/** Throws PluginFailure signature_invalid where there is a signature and it does not fit the file. */
export function checkSignature(bytes: Uint8Array, trustedKeys: readonly string[]): SignatureState {
  const section = readCustomSections(bytes).find(({ name }) => name === signatureSection);
  if (section === undefined) return { state: "unsigned" };
  if (section.end !== bytes.length) throw invalidSignature("something follows its signature");
  const { publicKey, signature } = parseContent(section.content);
  const unsigned = bytes.subarray(0, section.start);
  const isCanonical = Buffer.compare(attach(unsigned, publicKey, signature), bytes) === 0;
  if (!isCanonical) throw invalidSignature("its signature is not written as `hearth plugin sign` does");
  if (!verify(null, unsigned, readPublicKey(publicKey), signature)) {
    throw invalidSignature("it was changed after it was signed, or signed with another key than it names");
  }
  return { state: trustedKeys.includes(publicKey) ? "trusted" : "untrusted", publicKey };
}

/** Whether a text names a public key as `createSigningKey` writes it. */
export function isPublicKey(text: string): boolean {
  const raw = Buffer.from(text.slice(keyPrefix.length), "base64");
  return raw.length === keyBytes && text === `${keyPrefix}${raw.toString("base64")}`;
}

function attach(unsigned: Uint8Array, publicKey: string, signature: Buffer): Uint8Array<ArrayBuffer> {
  const content = JSON.stringify({ publicKey, signature: signature.toString("base64") });
  return withCustomSection(unsigned, signatureSection, new TextEncoder().encode(content));
}

function parseContent(content: Uint8Array): { readonly publicKey: string; readonly signature: Buffer } {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
  } catch (cause) {
    throw invalidSignature("its signature is not JSON", { cause });
  }
  const parsed = signatureSchema.safeParse(json);
  if (!parsed.success) throw invalidSignature("its signature needs `publicKey` and `signature`");
  const signature = Buffer.from(parsed.data.signature, "base64");
  if (signature.length !== signatureBytes)
    throw invalidSignature(`its signature has not ${signatureBytes} bytes`);
  return { publicKey: parsed.data.publicKey, signature };
}

function readPublicKey(text: string): KeyObject {
  if (!isPublicKey(text)) throw invalidSignature("its signature names no ed25519 key");
  const x = Buffer.from(text.slice(keyPrefix.length), "base64").toString("base64url");
  try {
    return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  } catch (cause) {
    throw invalidSignature("its signature names no ed25519 key", { cause });
  }
}

function readPrivateKey(pem: string): KeyObject {
  const expected = "the signing key is no ed25519 private key in PEM form";
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw new PluginFailure("signature_invalid", expected, { cause });
  }
  if (key.asymmetricKeyType === "ed25519") return key;
  throw new PluginFailure("signature_invalid", expected);
}

function showPublicKey(key: KeyObject): string {
  const { x = "" } = key.export({ format: "jwk" });
  return `${keyPrefix}${Buffer.from(x, "base64url").toString("base64")}`;
}

function invalidSignature(found: string, options?: ErrorOptions): PluginFailure {
  return new PluginFailure("signature_invalid", `the module must not be used: ${found}`, options);
}
