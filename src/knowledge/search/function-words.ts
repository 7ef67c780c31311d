/** English words that say how a question is built and not what it is about. */
export const functionWords: ReadonlySet<string> = new Set(
  `a about after again all also am an and any are as at be because been before being between both but by can could did
  do does doing during each either for from had has have having he her here hers him his how i if in into is it its
  just may me might more most must my no nor not of off on once only or other our ours out over own please same shall
  she should so some such than that the their theirs them then there these they this those through to too under until
  up us very was we were what when where which while who whom whose why will with within without would you your yours
  i'm i've i'd i'll you're you've it's we're they're that's there's what's who's where's how's don't doesn't didn't
  isn't aren't wasn't weren't haven't hasn't can't couldn't won't wouldn't shouldn't let's`.split(/\s+/),
);
