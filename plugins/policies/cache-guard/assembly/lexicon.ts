/** Lists of words, each a text with spaces at both ends and between. */
export function isListed(list: string, word: string): bool {
  return word.length > 0 && list.includes(" " + word + " ");
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
  " how want need like able used way ways try have has going is are ought used best ";

export const articles: string = " the a an ";

/** Words that say little: one in place of another changes no question. */
export const functionWords: string =
  articles +
  " i you we one it that this there to do does did can could will would should may might is are was were be some any my " +
  "your our in on at of for with by from and or please ";

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
