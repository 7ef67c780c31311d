/** English words that say how a sentence is built and not what it is about. */
export const functionWords: ReadonlySet<string> = new Set(
  `a about above after again against all also am an and any are as at be because been before being below between both
  but by can cannot could did do does doing down during each either else few for from further had has have having he
  her here hers herself him himself his how i if in into is it its itself just let may me might more most must my
  myself neither no nor not now of off on once only or other ought our ours ourselves out over own per quite rather
  same shall she should so some such than that the their theirs them themselves then there these they this those
  though through thus to too under until up upon us very was we were what when where whether which while who whom
  whose why will with within without would yet you your yours yourself yourselves please
  i'm i've i'd i'll you're you've you'd you'll he's she's it's we're we've they're they've they'll that's there's
  what's who's don't doesn't didn't isn't aren't wasn't weren't haven't hasn't hadn't won't wouldn't can't couldn't
  shouldn't let's`.split(/\s+/),
);
