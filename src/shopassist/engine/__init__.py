"""One message, from the customer to the answer: the graph and its steps, one file each."""
