"""The numbers of the answer models."""
import math
SENTENCE_WEIGHTS = {"bias": 0.0, "cosine": 10.0, "passage_cosine": 5.0, "passage_gap": -2.0, "coverage": 3.0, "context_coverage": 2.0, "fits": 1.0, "fits_and_covers": 1.0, "length": 0.0, "focus":1.0,"focus_in_context":0.5,"names":0.5}
SUPPORT_THRESHOLD = 0.5
def support(score: float) -> float:
    return 1/(1+math.exp(-(score-16.4)))
