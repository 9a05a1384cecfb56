"""The referral: criteria as data, the outcome as a pure function, the record and its transitions."""
