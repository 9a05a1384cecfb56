"""What leaves when a referral moves: the referral itself, coded notices, attendance.

Everything is posted to the outbox in the transaction of the move, so that nothing is lost and
nothing leaves without its cause. The modules beside this one are pure but for ``posting``,
``waiting`` and ``fetching``, which speak with the database.
"""

from referrals.handing_over.posting import told_of, told_of_worry

__all__ = ["told_of", "told_of_worry"]
