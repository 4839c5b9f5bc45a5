"""The duty officer's page, and the search API. Reads the index, sends commands; decides nothing."""
