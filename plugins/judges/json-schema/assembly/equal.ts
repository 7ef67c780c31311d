import { Json } from "hearth-sdk";

/** Equal as JSON Schema has it: numbers by value, objects whatever the order of their keys. */
export function isEqual(left: Json, right: Json): bool {
  if (left.isNumber) return right.isNumber && left.asNumber() == right.asNumber();
  if (left.isString) return right.isString && left.asString() == right.asString();
  if (left.isBool) return right.isBool && left.asBool() == right.asBool();
  if (left.isNull) return right.isNull;
  if (left.length != right.length) return false;
  if (left.isArray) {
    if (!right.isArray) return false;
    for (let i = 0; i < left.length; i++) if (!isEqual(left.at(i), right.at(i))) return false;
    return true;
  }
  if (!right.isObject) return false;
  const keys = left.keys();
  for (let i = 0; i < keys.length; i++) {
    if (!right.has(keys[i]) || !isEqual(left.at(i), right.get(keys[i]))) return false;
  }
  return true;
}

/** The place of the first item that is equal to one before it, or -1. */
export function findRepeated(list: Json): i32 {
  const seen = new Map<u64, i32[]>();
  for (let i = 0; i < list.length; i++) {
    const item = list.at(i);
    const hash = hashOf(item);
    if (!seen.has(hash)) {
      seen.set(hash, [i]);
      continue;
    }
    const same = seen.get(hash);
    for (let j = 0; j < same.length; j++) if (isEqual(list.at(same[j]), item)) return i;
    same.push(i);
  }
  return -1;
}

function hashOf(value: Json): u64 {
  if (value.isNumber) return mix(1, reinterpret<u64>(value.asNumber() + 0));
  if (value.isString) return hashText(value.asString());
  if (value.isBool) return mix(3, value.asBool() ? 1 : 0);
  if (value.isNull) return 4;
  let hash: u64 = value.isArray ? 5 : 6;
  if (value.isArray) {
    for (let i = 0; i < value.length; i++) hash = mix(hash, hashOf(value.at(i)));
    return hash;
  }
  const keys = value.keys();
  // A sum: the order of keys says nothing.
  for (let i = 0; i < keys.length; i++) hash += mix(hashText(keys[i]), hashOf(value.at(i)));
  return hash;
}

function hashText(text: string): u64 {
  let hash: u64 = 2;
  for (let i = 0; i < text.length; i++) hash = mix(hash, <u64>text.charCodeAt(i));
  return hash;
}

function mix(hash: u64, value: u64): u64 {
  const mixed = (hash ^ value) * 0x100000001b3;
  return mixed ^ (mixed >> 29);
}
