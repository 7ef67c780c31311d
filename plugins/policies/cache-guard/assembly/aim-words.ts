/** Words by which a question says what kind of answer it wants. */

export const auxiliaries: string =
  " is are was were am do does did can could will would shall should may might must has have had isn't aren't doesn't " +
  "don't didn't can't won't ";

/** Behind "how": the way of doing, not a measure. */
export const mannerLeads: string = auxiliaries + " to i you we one they ";

/** Verbs that ask to be told something, and leave open what kind of thing. */
export const tellers: string =
  " explain describe tell give show list name define suggest recommend summarize summarise outline discuss ";

/** Praise of what is asked for: any answer means to give the good one. */
export const praise: string =
  " best right good correct proper easiest easy simplest simple safe safest fastest quickest usual normal top ideal ";

export const mannerNouns: string =
  " way ways method methods step steps instructions command commands syntax recipe formula function procedure technique " +
  "rule rules process ";
/** Those that stand for doing behind a name too: "which docker command", "which C function". */
export const mannerTools: string = " command function syntax formula method ";
export const causeNouns: string = " reason reasons cause causes caused ";
/** Behind "what": what brings something about. */
export const makers: string = " makes make made helps help leads ";
export const keepers: string = " stops stop keeps keep ";
export const timeNouns: string = " year date month day season hour century time ";
export const placeNouns: string =
  " country countries city cities place places region regions location continent street room ";
export const personNouns: string =
  " person people man woman author painter artist inventor composer writer scientist discoverer founder team company " +
  "director singer player explorer ";
export const purposeNouns: string = " purpose function role job task tasks duty duties use ";
export const meaningNouns: string = " meaning definition concept idea term word notion keyword ";

/** How much of what: the adjective behind "how" and the noun that "what is the …" has for it. */
export const measures: StaticArray<string> = [
  " many much number count amount quantity population ",
  " long length duration span ",
  " far distance ",
  " old age ",
  " fast quick speed ",
  " heavy weight ",
  " high tall height ",
  " deep depth ",
  " wide width breadth ",
  " large big size ",
  " often frequently frequency ",
  " hot warm cold temperature ",
  " thick thickness ",
  " loud volume ",
  " strong strength ",
];

/** "How many hours of sleep" is "how much sleep". */
export const countedUnits: string =
  " seconds minutes hours days weeks months years litres liters grams pieces ";

/** Prepositions that part what is asked for from what it is asked of. */
export const prepositions: string =
  " of for to in on at from with without by into about between against during under over before after near that ";
