"""From hits to an answer: sentences chosen and quoted, their support weighed, and a refusal where it does not suffice."""
