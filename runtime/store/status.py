"""What a row of the outbox is, in every store."""

# Dropped: the user is gone, a person dropped it, or it was sent and its text is not kept any more.
TO_SEND, SENT, DEAD, DROPPED = 0, 1, 2, 3
IN_DOUBT = "may have been sent"              # how the `error` begins where the answer was lost, with its process or not
