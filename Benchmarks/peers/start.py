"""One sentence through a token-classification pipeline of transformers: start, load, tag, end."""
import sys, warnings
import transformers

warnings.filterwarnings("ignore")
transformers.logging.set_verbosity_error()
tagger = transformers.pipeline("token-classification", model=sys.argv[1], device="cpu")
print(tagger(sys.argv[2]), flush=True)
