"""What a university studies: one pseudonymous row a referral, joined outcomes, a report."""
