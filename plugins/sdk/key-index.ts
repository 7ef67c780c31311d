/**
 * Finds keys by the bits in which they differ (a crit-bit tree). A lookup takes at most 17 steps for each unit of the key,
 * whatever the other keys are: texts of others cannot choose keys that make it slow, as they can with a hash.
 */
export class KeyIndex {
  /** Of each fork the first place in which its two sides differ; see `bitAt`. */
  private places: i32[] = [];
  /** Two of each fork: another fork, or the key at ~side where it is negative. */
  private sides: i32[] = [];
  /** What stands at the top, as a side. */
  private top: i32 = -1;

  /** `keys` must not be empty. */
  constructor(private keys: string[]) {
    for (let i = 1; i < keys.length; i++) this.add(this.nearest(keys[i]), i);
  }

  /** Where in `keys` the one stands that is `key` if any is. */
  nearest(key: string): i32 {
    let side = this.top;
    while (side >= 0) side = unchecked(this.sides[side * 2 + bitAt(key, unchecked(this.places[side]))]);
    return ~side;
  }

  /** Takes in the key at `index`, which differs from the one at `nearest` of it. */
  add(nearest: i32, index: i32): void {
    const key = this.keys[index];
    const place = firstDifference(key, this.keys[nearest]);
    let parent = -1;
    let side = this.top;
    while (side >= 0 && unchecked(this.places[side]) < place) {
      parent = side * 2 + bitAt(key, unchecked(this.places[side]));
      side = unchecked(this.sides[parent]);
    }
    const fork = this.places.push(place) - 1;
    const bit = bitAt(key, place);
    this.sides.push(bit == 0 ? ~index : side);
    this.sides.push(bit == 0 ? side : ~index);
    if (parent < 0) this.top = fork;
    else this.sides[parent] = fork;
  }
}

/** A place is 32 times that of a unit, and within it 0 for whether there is such a unit, 1 to 16 for its bits. */
function bitAt(key: string, place: i32): i32 {
  const at = place >> 5;
  if (at >= key.length) return 0;
  const bit = place & 31;
  const unit = <i32>load<u16>(changetype<usize>(key) + ((<usize>at) << 1));
  return bit == 0 ? 1 : (unit >> (16 - bit)) & 1;
}

function firstDifference(left: string, right: string): i32 {
  const shorter = min(left.length, right.length);
  let at = 0;
  while (at < shorter && left.charCodeAt(at) == right.charCodeAt(at)) at++;
  if (at == shorter) return at << 5;
  return (at << 5) + clz(left.charCodeAt(at) ^ right.charCodeAt(at)) - 15;
}
