import { Json } from "hearth-sdk";
import { Validator } from "./validator";

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

let hashes: StaticArray<u64> = [];

/**
 * The place of the first item that is equal to one before it, or -1. Hashes are sorted: a map of them could be made slow
 * by an answer. Items of one hash are compared, at the cost of work each.
 */
export function findRepeated(validator: Validator, list: Json): i32 {
  const order = new Array<i32>(list.length);
  hashes = new StaticArray<u64>(list.length);
  for (let i = 0; i < list.length; i++) {
    order[i] = i;
    hashes[i] = hashOf(list.at(i));
  }
  order.sort((left, right) => {
    if (hashes[left] == hashes[right]) return left - right;
    return hashes[left] < hashes[right] ? -1 : 1;
  });
  let first = -1;
  for (let i = 1; i < order.length; i++) {
    const item = order[i];
    for (let j = i - 1; j >= 0 && hashes[order[j]] == hashes[item]; j--) {
      if (!validator.spend(1)) return -1;
      if (!isEqual(list.at(order[j]), list.at(item))) continue;
      if (first < 0 || item < first) first = item;
      break;
    }
  }
  return first;
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
