"""What serves answers is made of: schemas, keys, a bounded pool of threads, OpenAI's way of saying it, the HTTP application."""
