"""The pages of a referral for its officer and its authoriser."""
