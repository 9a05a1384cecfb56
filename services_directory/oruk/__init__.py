"""The public directory in the words of Open Referral UK 3.0: entities, parameters and pages.

The profile is that of openreferraluk.org over HSDS 3.0. What has no value is left out, never null
or empty: no type of the schemas allows either.
"""
