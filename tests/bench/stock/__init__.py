"""The peer: Rasa 3.6.21 as `rasa init` sets it up, with our texts, its REST channel and its SDK."""
