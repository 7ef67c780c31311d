/** Lists of words, each a text with spaces at both ends and between. Read without making a text of its own. */
export function isListed(list: string, word: string): bool {
  const length = word.length;
  if (length == 0) return false;
  const first = word.charCodeAt(0);
  for (let at = 1, last = list.length - length; at < last; at++) {
    if (list.charCodeAt(at) != first || list.charCodeAt(at - 1) != 0x20) continue;
    if (list.charCodeAt(at + length) == 0x20 && hasAt(list, word, at)) return true;
  }
  return false;
}

function hasAt(list: string, word: string, at: i32): bool {
  for (let i = 1; i < word.length; i++) if (list.charCodeAt(at + i) != word.charCodeAt(i)) return false;
  return true;
}

export const negations: string =
  " not no never none nothing nobody nowhere neither cannot cant dont wont isnt arent doesnt didnt without except " +
  "excluding nicht kein keine keinen nie niemals ohne pas jamais rien sans nunca jamás sin não nem sem niet geen nooit " +
  "zonder не нет никогда без לא אין بدون ليس ";

/** Words that are capitals for no other reason than that a sentence begins with them. */
export const starters: string =
  " a an the this that these those there here it its i i'm i'd i've i'll we you he she they my your our his her their " +
  "what what's who whom whose when where why which how is are was were am be been do does did can could will would " +
  "shall should may might must has have had if in on at by for from of to with without about as and or but so not no " +
  "yes please tell give show explain describe define list name write find get make create build compare convert " +
  "translate summarize summarise calculate compute solve help let let's say suggest recommend provide implement fix " +
  "debug refactor generate add remove delete set use using install configure set up run start stop open close read draw " +
  "plan design analyze analyse check count sort rank rate review rewrite rephrase correct improve outline discuss state " +
  "identify determine prove show teach walk answer choose pick propose draft compose simplify extract parse " +
  "format print return return's could any are some all every each many much more most one two three thanks hello hi hey " +
  "instructions steps ways tips examples example best good ";

/** Words behind which a name may stand that is written without a capital. */
export const slots: string =
  " of in from at near than versus vs and or between called named is are was were into about for by with on to ";

/** Before "to", they make what follows it a verb. */
export const verbLeads: string =
  " how want need like able used way ways step steps command try have has going is are ought best ";

export const articles: string = " the a an ";

/** Words that say little: one in place of another changes no question. */
export const functionWords: string =
  articles +
  " i you we he she they me us them one it its that this there to do does did can could will would should may might be " +
  "is are was were been being have has had some any my your our their in on at of for with by from into and or as so " +
  "also between using via i'm i've i'd please ";

/** What asks, and what may be said or left out. */
export const fillers: string =
  " what which exactly really actually just simply kindly basically please thanks thank hello hi hey ok okay need needs " +
  "needed want like look looks take takes people each about during up down ";

export const questionWords: string = " who whom whose when where why how ";

/** Stems of opposites, two by two. */
export const opposites: StaticArray<string> = [
  "increas",
  "decreas",
  "enabl",
  "disabl",
  "start",
  "stop",
  "open",
  "clos",
  "before",
  "after",
  "minim",
  "maxim",
  "min",
  "max",
  "buy",
  "sell",
  "add",
  "remov",
  "more",
  "less",
  "high",
  "low",
  "best",
  "worst",
  "better",
  "worse",
  "upgrad",
  "downgrad",
  "upload",
  "download",
  "import",
  "export",
  "encod",
  "decod",
  "encrypt",
  "decrypt",
  "install",
  "uninstall",
  "first",
  "last",
  "left",
  "right",
  "north",
  "south",
  "east",
  "west",
  "hot",
  "cold",
  "old",
  "new",
  "older",
  "newer",
  "oldest",
  "newest",
  "younger",
  "older",
  "cheap",
  "expensive",
  "fast",
  "slow",
  "large",
  "small",
  "big",
  "small",
  "long",
  "short",
  "push",
  "pull",
  "read",
  "write",
  "input",
  "output",
  "true",
  "false",
  "win",
  "los",
  "male",
  "female",
  "ascend",
  "descend",
  "encourag",
  "discourag",
  "advantag",
  "disadvantag",
  "pros",
  "cons",
  "gain",
  "lose",
  "save",
  "delet",
  "lock",
  "unlock",
  "union",
  "intersect",
  "wet",
  "dry",
  "early",
  "late",
  "with",
  "without",
  "rise",
  "fall",
  "rising",
  "falling",
  "above",
  "below",
  "inside",
  "outside",
  "most",
  "least",
  "begin",
  "end",
  "expand",
  "shrink",
  "forward",
  "backward",
  "send",
  "receiv",
  "pass",
  "fail",
  "up",
  "down",
];

export const negativePrefixes: StaticArray<string> = [
  "un",
  "in",
  "im",
  "il",
  "ir",
  "dis",
  "non",
  "anti",
  "de",
];

/** The place of a numeral is its value. */
export const numerals: StaticArray<string> = [
  "zero",
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
  "nine",
  "ten",
  "eleven",
  "twelve",
];
export const ordinals: StaticArray<string> = [
  "zeroth",
  "first",
  "second",
  "third",
  "fourth",
  "fifth",
  "sixth",
  "seventh",
  "eighth",
  "ninth",
  "tenth",
  "eleventh",
  "twelfth",
];

/** Names of the same unit. */
export const units: StaticArray<string> = [
  " % percent ",
  " $ dollar dollars usd ",
  " € euro euros eur ",
  " £ pound pounds gbp lb lbs ",
  " ¥ yen jpy ",
  " mm millimeter millimeters millimetre millimetres ",
  " cm centimeter centimeters centimetre centimetres ",
  " m meter meters metre metres ",
  " km kilometer kilometers kilometre kilometres ",
  " mile miles mi ",
  " ft foot feet ",
  " inch inches ",
  " yard yards yd ",
  " mg milligram milligrams ",
  " g gram grams ",
  " kg kilogram kilograms kilo kilos ",
  " oz ounce ounces ",
  " ton tons tonne tonnes ",
  " ml milliliter milliliters ",
  " l liter liters litre litres ",
  " gallon gallons ",
  " ms millisecond milliseconds ",
  " s sec second seconds ",
  " min minute minutes ",
  " h hr hour hours ",
  " day days ",
  " week weeks ",
  " month months ",
  " year years ",
  " c celsius ",
  " f fahrenheit ",
  " k kelvin ",
  " kb kilobyte kilobytes ",
  " mb megabyte megabytes ",
  " gb gigabyte gigabytes ",
  " tb terabyte terabytes ",
  " bit bits ",
  " byte bytes ",
  " hundred ",
  " thousand ",
  " million ",
  " billion ",
  " trillion ",
  " am ",
  " pm ",
  " v volt volts ",
  " w watt watts ",
  " hz hertz ",
  " degree degrees ",
  " st nd rd th ",
];
