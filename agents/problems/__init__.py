"""Problems 聚类: the matter behind many tickets, and the patterns it shows."""
