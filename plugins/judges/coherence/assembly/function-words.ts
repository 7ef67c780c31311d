import { Words } from "hearth-sdk";

/**
 * Words that sentences hardly do without, of the commonest languages in Latin letters without marks; more languages are
 * fewer false alarms.
 */
const functionWords: string =
  "a an the of to in on at by for from with as and or but not no is are was were be been it its this that these those " +
  "i you he she we they his her their our your my me him them us which who what when where how if than then so do does did " +
  "has have had will would can could should may into over after before about up out there here also more most all any some " +
  "der die das den dem des ein eine einen und oder nicht ist sind war zu im mit auf von sich es er sie wir ihr als auch " +
  "le la les un une des du et ou est sont dans pour par sur avec ne pas que qui ce cette il elle nous vous au aux se " +
  "el los las una y o es son en con por para del al lo su como pero mas si muy " +
  "il lo gli uno e di che non per da sono nel della del alla con si come " +
  "os um uma do da no na em que com mais ao dos das para " +
  "de het een van en op te dat die voor met zijn niet aan er naar ook bij " +
  "och att det som en pa av med ar inte jag har till den for men om var";

const table: Words = new Words([functionWords]);
const order: i32[] = sortTable();

function sortTable(): i32[] {
  const places = new Array<i32>(table.count);
  for (let i = 0; i < places.length; i++) places[i] = i;
  places.sort((left, right) => compare(table.starts[left], table.lengths[left], right));
  return places;
}

/** Whether the word of so many units there, in lower case, is one of them. */
export function isFunctionWord(start: usize, length: i32): bool {
  let low = 0;
  let high = order.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const difference = compare(start, length, order[middle]);
    if (difference == 0) return true;
    if (difference < 0) high = middle - 1;
    else low = middle + 1;
  }
  return false;
}

function compare(start: usize, length: i32, place: i32): i32 {
  const other = table.lengths[place];
  const difference = memory.compare(start, table.starts[place], (<usize>min(length, other)) << 1);
  return difference != 0 ? difference : length - other;
}
