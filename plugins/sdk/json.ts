import { parseFault, parseJson } from "./json-parser";
import { writeNumber, writeString } from "./json-writer";
import { KeyIndex } from "./key-index";
import { bytesOf, textOf, Utf8Writer } from "./utf8";

const ABSENT: u8 = 0;
const NULL: u8 = 1;
const BOOL: u8 = 2;
const NUMBER: u8 = 3;
const STRING: u8 = 4;
const ARRAY: u8 = 5;
const OBJECT: u8 = 6;

/** Objects of more keys have an index. */
const scannedKeys = 8;

/**
 * A JSON value. Reading is forgiving: what is not there, or is of another type, gives the fallback, so a path such as
 * `json.get("user").get("name").asString("nobody")` never fails. Numbers are f64.
 */
export class Json {
  private kind: u8 = ABSENT;
  private number: f64 = 0;
  private text: string = "";
  // Null, and not looked at, where the kind has none of them: most values of a text are scalars.
  private items: Json[] = changetype<Json[]>(0);
  private names: string[] = changetype<string[]>(0);
  private index: KeyIndex | null = null;

  static object(): Json {
    const json = new Json();
    json.kind = OBJECT;
    json.items = [];
    json.names = [];
    return json;
  }

  static array(): Json {
    const json = new Json();
    json.kind = ARRAY;
    json.items = [];
    return json;
  }

  static null(): Json {
    const json = new Json();
    json.kind = NULL;
    return json;
  }

  static string(value: string): Json {
    const json = new Json();
    json.kind = STRING;
    json.text = value;
    return json;
  }

  static number(value: f64): Json {
    const json = new Json();
    json.kind = NUMBER;
    json.number = value;
    return json;
  }

  static bool(value: bool): Json {
    const json = new Json();
    json.kind = BOOL;
    json.number = value ? 1 : 0;
    return json;
  }

  /** Of a string, a number, a bool, a Json, or an array or a map (by string) of such. */
  static from<T>(value: T): Json {
    if (isNullable<T>()) {
      if (changetype<usize>(value) == 0) return Json.null();
    }
    if (isBoolean<T>()) return Json.bool(<bool>value);
    if (isInteger<T>() || isFloat<T>()) return Json.number(<f64>value);
    if (isString<T>()) return Json.string(changetype<string>(value));
    if (value instanceof Json) return changetype<Json>(value);
    if (isArray<T>()) return fromArray<T>(value);
    return fromMap<T>(value);
  }

  /** Ends the call where the text is no JSON or is nested deeper than 128. */
  static parse(text: string): Json {
    return Json.parseBytes(bytesOf(text));
  }

  static parseBytes(bytes: ArrayBuffer): Json {
    const json = parseJson(bytes);
    if (!json) throw new Error(parseFault());
    return json;
  }

  /** Null where the text is no JSON: for texts of others, such as the answer of a server. */
  static tryParse(text: string): Json | null {
    return parseJson(bytesOf(text));
  }

  static tryParseBytes(bytes: ArrayBuffer): Json | null {
    return parseJson(bytes);
  }

  get exists(): bool {
    return this.kind != ABSENT;
  }
  get isNull(): bool {
    return this.kind == NULL;
  }
  get isBool(): bool {
    return this.kind == BOOL;
  }
  get isNumber(): bool {
    return this.kind == NUMBER;
  }
  get isString(): bool {
    return this.kind == STRING;
  }
  get isArray(): bool {
    return this.kind == ARRAY;
  }
  get isObject(): bool {
    return this.kind == OBJECT;
  }

  asString(fallback: string = ""): string {
    return this.kind == STRING ? this.text : fallback;
  }

  asNumber(fallback: f64 = 0): f64 {
    return this.kind == NUMBER ? this.number : fallback;
  }

  /** The fallback where it is no whole number of 32 bits. */
  asInteger(fallback: i32 = 0): i32 {
    const whole = <i32>this.number;
    return this.kind == NUMBER && <f64>whole == this.number ? whole : fallback;
  }

  asBool(fallback: bool = false): bool {
    return this.kind == BOOL ? this.number != 0 : fallback;
  }

  /** The strings of an array; what is no string is left out. */
  asStrings(): string[] {
    const texts: string[] = [];
    if (this.kind != ARRAY) return texts;
    for (let i = 0; i < this.items.length; i++) {
      const item = this.items[i];
      if (item.kind == STRING) texts.push(item.text);
    }
    return texts;
  }

  /** Of an array or an object; else 0. */
  get length(): i32 {
    return this.kind >= ARRAY ? this.items.length : 0;
  }

  /** The item of an array or the value of an object at this place. */
  at(index: i32): Json {
    return index >= 0 && index < this.length ? this.items[index] : absent;
  }

  has(key: string): bool {
    return this.find(key) >= 0;
  }

  get(key: string): Json {
    const index = this.find(key);
    return index < 0 ? absent : this.items[index];
  }

  /** In the order in which they were set. */
  keys(): string[] {
    return this.kind == OBJECT ? this.names.slice() : [];
  }

  values(): Json[] {
    return this.kind >= ARRAY ? this.items.slice() : [];
  }

  /** Takes what `Json.from` takes. */
  set<T>(key: string, value: T): Json {
    this.put(key, Json.from<T>(value));
    return this;
  }

  push<T>(value: T): Json {
    assert(this.kind == ARRAY, "push needs Json.array()");
    this.items.push(Json.from<T>(value));
    return this;
  }

  put(key: string, value: Json): void {
    assert(this.kind == OBJECT, "set needs Json.object()");
    const index = this.index;
    const nearest = index ? index.nearest(key) : this.scan(key);
    if (nearest >= 0 && this.names[nearest] == key) {
      this.items[nearest] = value;
      return;
    }
    const count = this.names.push(key);
    this.items.push(value);
    if (index) index.add(nearest, count - 1);
    else if (count > scannedKeys) this.index = new KeyIndex(this.names);
  }

  toString(): string {
    const own = new Utf8Writer();
    this.write(own);
    return textOf(own.copy());
  }

  toBytes(): ArrayBuffer {
    const own = new Utf8Writer();
    this.write(own);
    return own.copy();
  }

  write(to: Utf8Writer): void {
    switch (this.kind) {
      case BOOL:
        to.text(this.number != 0 ? "true" : "false");
        break;
      case NUMBER:
        writeNumber(to, this.number);
        break;
      case STRING:
        writeString(to, this.text);
        break;
      case ARRAY:
        this.writeArray(to);
        break;
      case OBJECT:
        this.writeObject(to);
        break;
      default:
        to.text("null");
    }
  }

  private writeArray(to: Utf8Writer): void {
    to.byte(0x5b);
    for (let i = 0; i < this.items.length; i++) {
      if (i > 0) to.byte(0x2c);
      this.items[i].write(to);
    }
    to.byte(0x5d);
  }

  private writeObject(to: Utf8Writer): void {
    to.byte(0x7b);
    for (let i = 0; i < this.items.length; i++) {
      if (i > 0) to.byte(0x2c);
      writeString(to, this.names[i]);
      to.byte(0x3a);
      this.items[i].write(to);
    }
    to.byte(0x7d);
  }

  private find(key: string): i32 {
    if (this.kind != OBJECT) return -1;
    const index = this.index;
    if (!index) return this.scan(key);
    const nearest = index.nearest(key);
    return this.names[nearest] == key ? nearest : -1;
  }

  private scan(key: string): i32 {
    const names = this.names;
    for (let i = 0; i < names.length; i++) if (names[i] == key) return i;
    return -1;
  }
}

const absent: Json = new Json();

function fromArray<T>(value: T): Json {
  const json = Json.array();
  if (isArray<T>()) {
    // @ts-expect-error: T is an array here
    for (let i = 0; i < value.length; i++) json.push(value[i]);
  }
  return json;
}

function fromMap<T>(value: T): Json {
  const json = Json.object();
  // @ts-expect-error: T is a map here
  const keys = value.keys();
  for (let i = 0; i < keys.length; i++) {
    // @ts-expect-error: T is a map here
    json.set(keys[i], value.get(keys[i]));
  }
  return json;
}
