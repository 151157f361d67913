"""What an erasure needs of the database: the lock that copies take too, and the check for residue."""
