"""What is true of the Chinese language, whatever is done with it: width, scripts, sentences, terms, figures."""
