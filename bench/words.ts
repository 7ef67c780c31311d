import { createRandom } from "./random.ts";

/** Ordinary words; the synthetic vocabulary gives each a token of its own, as real vocabularies do. */
export const commonWords: readonly string[] = `
about above across action after again against agree almost alone along already also always among amount animal
answer appear apple around arrive autumn away back ball bank basket beach bear beauty because become before begin
behind believe below beside best better between beyond bird black blood blue board boat body book born borrow both
bottom bread break bridge bright bring brother brown build burn business butter calm came camp captain care carry
catch cause center century certain chair chance change character chart child choose circle city class clean clear
climb clock close cloud coast cold color column come common compare complete condition consider contain continue
control cook cool copper corn corner correct cost cotton count country course cover create cross crowd current dance
danger dark daughter dead deal decide deep degree describe desert design develop differ dinner direct discuss distant
divide doctor double down draw dream dress drink drive during early earth east edge effect electric element enemy
energy engine enough enter equal evening event ever every exact example except expect experience explain face fact
fall family famous farm father favor feed feel field fight figure fill final find fine finger finish fire first fish
flat floor flow flower follow food foot force foreign forest form forward found fraction free fresh friend front fruit
full game garden gather general gentle give glad glass gold good govern grand grass gray great green ground group grow
guess guide hand happen happy hard heart heat heavy help high hill history hold hole home hope horse hour house human
hundred hunt hurry idea imagine include indicate industry inside instant instrument interest invent iron island join
journey judge jump keep kind king knew know lady lake land language large last late laugh lead learn leave left length
less letter level lift light like line listen little live local logic lone long look lost loud love machine magnet main
major make many mark market mass master match material matter measure meat meet melody member metal method middle might
mile milk mind mine minute modern molecule moment money month moon morning mother motion mountain mouth move multiply
music name nation nature near necessary neck need neighbor never next night noise north nose note nothing notice noun
number object observe ocean offer office often open operate opposite orange order original other oxygen page paint paper
paragraph parent part particular party pass past path pattern people perhaps period person phrase picture piece place
plain planet plant play please plural poem point populate position possible pound power practice prepare present press
pretty print probable problem process produce product proper property protect prove provide pull push quart question
quick quiet quite quotient race radio rain raise range rather reach read ready real reason receive record region
remember repeat reply represent require rest result rhythm rich ride right ring rise river road rock roll room root
rope rose round rule safe said sail salt same sand scale school science search season seat second section segment select
self sell send sense sentence separate serve settle several shape share sharp sheet shell shine ship shore short shoulder
shout show side sight sign silent silver similar simple single sister size skill sleep slow small smell smile snow
social soft soil soldier solution solve some song soon sound south space speak special speech speed spell spend spoke
spread spring square stand star start state station stay steam steel step stick still stone stood stop store story
straight strange stream street stretch string strong student study subject substance success sudden suffix sugar
suggest suit summer supply support surface surprise swim syllable symbol system table tail talk teach team temper
their them then there these they thick thing think third this thought thousand through time together tone tool total
touch toward town track trade train travel tree triangle trip trouble truck true turn twenty type under unit until
usual valley value vary verb very view village visit voice vowel wait walk wall want warm wash watch water wave wear
weather week weight west what wheel when where which while white whole wide wild will wind window wing winter wire wish
with woman wonder wood word work world write wrong yard year yellow yesterday young`
  .trim()
  .split(/\s+/);

/** `count` random words; another seed gives a text that shares no prefix with it. */
export function randomWords(count: number, seed: number): string {
  const random = createRandom(seed);
  const words: string[] = [];
  for (let index = 0; index < count; index++) {
    words.push(commonWords[Math.floor(random() * commonWords.length)] ?? "");
  }
  return words.join(" ");
}
