"""Makes the weights that this project trains itself; nothing in the product imports it."""
