"""Who may do what: IAM policy statements, and what each request needs of them."""
