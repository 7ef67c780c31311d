/** Prompts and good answers of subjects far apart: what an embedder makes of them is its scale of relevance. */
export const relevancePairs: readonly (readonly [prompt: string, answer: string])[] = [
  [
    "What causes the tides of the sea?",
    "Tides are caused by the pull of the moon and, less so, of the sun: the sea bulges on the side that faces the moon and on the far side.",
  ],
  [
    "How do I reverse a list in Python?",
    "Call my_list.reverse() to reverse the list in place, or use my_list[::-1] to get a reversed copy of a Python list.",
  ],
  [
    "Who wrote Pride and Prejudice?",
    "Pride and Prejudice is a novel by Jane Austen, published without her name in 1813.",
  ],
  [
    "Give me a simple recipe for pancakes.",
    "Whisk flour, milk, eggs and a pinch of salt to a smooth batter, then fry each pancake in butter until both sides are golden.",
  ],
  [
    "Why is the sky blue?",
    "Air scatters short blue waves of sunlight far more than long red ones, so blue light reaches the eye from the whole sky.",
  ],
  [
    "What is the difference between TCP and UDP?",
    "TCP opens a connection and delivers every packet in order; UDP sends single packets without a promise that they arrive.",
  ],
  [
    "How can I sleep better at night?",
    "Go to bed at the same hour every night, keep the bedroom dark and cool, and drink no coffee in the hours before sleep.",
  ],
  [
    "When did the Roman Empire fall?",
    "The Western Roman Empire fell in 476, when Odoacer deposed its last emperor; the eastern empire lasted until 1453.",
  ],
  [
    "What does inflation mean?",
    "Inflation is a general rise of prices: the same money buys less, so its purchasing power falls.",
  ],
  [
    "How does a vaccine protect against a disease?",
    "A vaccine shows the immune system a harmless part of a germ, so that antibodies are ready before the disease comes.",
  ],
  ["Translate 'good morning' into French.", "In French, 'good morning' is 'bonjour'."],
  [
    "Which exercises strengthen the back?",
    "Rows, bridges and slow deadlifts strengthen the muscles of the back; begin with little weight and keep the spine straight.",
  ],
  [
    "How do bees make honey?",
    "Bees gather nectar from flowers, pass it from mouth to mouth and fan it in the comb until enough water has left to make honey.",
  ],
  [
    "What should I pack for a week of hiking in the Alps?",
    "For a week in the Alps pack worn-in hiking boots, a rain jacket, warm layers, a map, sun cream and a small first-aid kit.",
  ],
  [
    "How is a guitar tuned?",
    "The six strings of a guitar are tuned to E, A, D, G, B and E, from the lowest string to the highest.",
  ],
  [
    "What is the area of a circle with a radius of 3?",
    "The area of a circle is pi times the radius squared: with a radius of 3 it is 9 pi, about 28.27.",
  ],
  [
    "How do I remove red wine from a carpet?",
    "Blot the wine with a dry cloth, then dab the stain on the carpet with cold water and a little dish soap; do not rub.",
  ],
  [
    "What rights does a tenant have when the rent goes up?",
    "A landlord has to announce a higher rent in writing; the tenant may contest it or end the lease within the notice period.",
  ],
  [
    "How do volcanoes erupt?",
    "A volcano erupts when gas in rising magma expands and drives molten rock through cracks to the surface.",
  ],
  [
    "Explain how git branches work.",
    "A git branch is a movable name for a commit: new commits move the branch on, and merging joins the history of two branches.",
  ],
];
