import { type ByteReader, invalidModule } from "./byte-reader.ts";
import { checkComplexity, readCount } from "./complexity.ts";
import { readConstExpression } from "./const-expression.ts";
import { readReferenceType } from "./value-types.ts";

/** Bits of the form of an element segment. */
const notActive = 1;
const explicitOrDeclared = 2;
const withExpressions = 4;
const maxElementForm = 7;

export type Segments = { readonly hasPassive: boolean };

/** The element section; segments that only declare functions count as none. */
export function readElementSegments(reader: ByteReader): Segments {
  const count = readCount(reader, "elementSegments");
  let hasPassive = false;
  let elements = 0;
  for (let index = 0; index < count; index += 1) {
    const form = reader.readU32();
    if (form > maxElementForm) throw invalidModule(`there is no form of element segments ${form}`);
    const isActive = (form & notActive) === 0;
    if (!isActive && (form & explicitOrDeclared) === 0) hasPassive = true;
    readElementHead(reader, form);
    const size = readCount(reader, "elements");
    elements += size;
    checkComplexity("elements", elements);
    for (let element = 0; element < size; element += 1) {
      if ((form & withExpressions) === 0) reader.skipLeb(5);
      else readConstExpression(reader);
    }
  }
  reader.expectEnd("the element section");
  return { hasPassive };
}

function readElementHead(reader: ByteReader, form: number): void {
  if ((form & notActive) === 0) {
    if ((form & explicitOrDeclared) !== 0) reader.skipLeb(5);
    readConstExpression(reader);
  }
  const hasType = (form & (notActive | explicitOrDeclared)) !== 0;
  if (!hasType) return;
  if ((form & withExpressions) !== 0) readReferenceType(reader);
  else if (reader.readByte() !== 0) throw invalidModule("an element segment is not one of functions");
}

/** The data section. */
export function readDataSegments(reader: ByteReader): Segments {
  const count = readCount(reader, "dataSegments");
  let hasPassive = false;
  for (let index = 0; index < count; index += 1) {
    const form = reader.readU32();
    if (form > 2) throw invalidModule(`there is no form of data segments ${form}`);
    if (form === 2) reader.skipLeb(5);
    if (form === 1) hasPassive = true;
    else readConstExpression(reader);
    reader.readBytes(reader.readU32());
  }
  reader.expectEnd("the data section");
  return { hasPassive };
}
