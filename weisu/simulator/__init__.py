"""A city whose problems are known: contract events and the truth behind them."""
