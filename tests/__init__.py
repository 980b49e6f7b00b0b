"""What must hold of Wenju, told as sentences."""
