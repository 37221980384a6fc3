"""What a memory still answers once it may hold only a part of its bytes."""
