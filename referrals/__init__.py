"""The referral: criteria as data, outcome as a pure function, the record and its transitions."""
