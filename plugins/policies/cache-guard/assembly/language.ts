import { fillers, functionWords, isListed, questionWords, starters } from "./lexicon";

/** Words of other languages that are no words of English. */
const foreign: string =
  " der das den dem ist sind wie warum wer wo wann welche welcher welches und ich du wir ihr für mit von zu eine einen " +
  "auf nicht kann wird wieviel sich bei aus le les une des est sont comment pourquoi qui quel quelle quels quelles où " +
  "quand combien dans avec pour sur peut faire c'est qu'est el los las una cómo qué por cuál cuáles dónde quién cuándo " +
  "cuánto cuántos para es está puedo hacer il che di perché quanto dove chi sono come's una o os um uma não como onde " +
  "quem het een wat hoe waarom wie waar och är vad hur hvad hvordan jest jak co dlaczego ";

/** Whether the grammar of a text can be read: enough of its small words are English ones. */
export function isRead(words: string[]): bool {
  let own = 0;
  let other = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (isListed(foreign, word)) other++;
    else if (isListed(questionWords, word) || isListed(functionWords, word)) own++;
    else if (isListed(fillers, word) || isListed(starters, word)) own++;
  }
  return own > other;
}
