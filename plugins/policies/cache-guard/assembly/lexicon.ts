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
  " i you we he she they me us them one it its that this there to do does did can could will would should may might be " +
  "is are was were been being have has had some any my your our their in on at of for with by from into and or as so " +
  "also between using via i'm i've i'd please ";

/** What asks, and what may be said or left out. */
export const fillers: string =
  " what which explain describe define tell give show list exactly really actually just simply kindly briefly quickly " +
  "basically thanks thank hello hi hey ok okay need want help know like look looks take " +
  "recommend suggest calculate compute people acronym city code ";

export const questionWords: string = " who whom whose when where why how ";

/** Words for the same in nearly every question. */
export const synonyms: StaticArray<string> = [
  " write wrote written author compose ",
  " create creating make making made build building ",
  " fix fixing repair repairing ",
  " begin start starting beginning ",
  " purchase purchasing buy buying ",
  " benefit benefits advantage advantages ",
  " drawback drawbacks disadvantage disadvantages ",
  " difference differences differ different ",
  " when year date ",
  " who whom ",
  " how step steps ",
  " autumn fall ",
  " movie movies film films ",
  " car cars automobile automobiles ",
  " photo photos picture pictures image images ",
  " largest biggest large big ",
  " smallest tiniest ",
  " rapidly fast quickly ",
  " error errors bug bugs ",
  " doctor doctors physician physicians ",
  " kid kids child children ",
  " remove removing delete deleting ",
  " invent invented inventor ",
  " paint painted painter ",
  " discover discovered discoverer ",
  " found founded founder ",
  " method methods way ways ",
];

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
