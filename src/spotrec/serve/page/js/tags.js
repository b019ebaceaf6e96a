// The networks' tags, spelled as people write them.

const SPELLINGS = { rnb: "R&B", "hip-hop": "hip-hop", "progressive rock": "progressive rock", house: "house" };

export function spelled(tag) {
  const known = SPELLINGS[tag.toLowerCase()];
  return known ?? tag;
}
