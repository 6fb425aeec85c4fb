"""Measurements that ``make bench`` runs: one script for each stage that is measured."""
