package io.promptmill.udf.layers;

import io.promptmill.udf.tensor.RowTiles;
import java.util.Arrays;

/**
 * The assignments of a step's rows to experts, put in order by expert. Every group begins with a tile of its own, so that
 * it can be multiplied by itself; the places that this leaves empty have no assignment. An assignment is
 * {@code row * used + i}.
 */
final class ExpertGroups {
    private final int[] countByExpert;
    private final int[] nextByExpert;
    private final int[] experts;
    private final int[] starts;
    private final int[] ends;
    private final int[] assignmentByPlace;
    private final int[] placeByAssignment;
    private int groups;
    private int places;

    ExpertGroups(int experts, int maximumAssignments) {
        countByExpert = new int[experts];
        nextByExpert = new int[experts];
        this.experts = new int[experts];
        starts = new int[experts];
        ends = new int[experts];
        placeByAssignment = new int[maximumAssignments];
        long most = maximumAssignments + (RowTiles.LANES - 1L) * Math.min(experts, maximumAssignments);
        assignmentByPlace = new int[Math.toIntExact(most + RowTiles.LANES - 1) / RowTiles.LANES * RowTiles.LANES];
    }

    /** Places that groups take at most. */
    int maximumPlaces() {
        return assignmentByPlace.length;
    }

    /**
     * @param chosen the expert of each assignment
     */
    void form(int[] chosen, int assignments) {
        Arrays.fill(countByExpert, 0);
        for (int i = 0; i < assignments; i++) {
            countByExpert[chosen[i]]++;
        }
        groups = 0;
        places = 0;
        for (int expert = 0; expert < countByExpert.length; expert++) {
            if (countByExpert[expert] > 0) {
                experts[groups] = expert;
                starts[groups] = places;
                ends[groups] = places + countByExpert[expert];
                nextByExpert[expert] = places;
                places = (ends[groups] + RowTiles.LANES - 1) / RowTiles.LANES * RowTiles.LANES;
                groups++;
            }
        }
        Arrays.fill(assignmentByPlace, 0, places, -1);
        for (int i = 0; i < assignments; i++) {
            int place = nextByExpert[chosen[i]]++;
            placeByAssignment[i] = place;
            assignmentByPlace[place] = i;
        }
    }

    /** Experts that have a row. */
    int count() {
        return groups;
    }

    /** Places in use, the empty ones among them. */
    int places() {
        return places;
    }

    int expert(int group) {
        return experts[group];
    }

    /** The first place of a group, a multiple of a tile's rows. */
    int start(int group) {
        return starts[group];
    }

    /** The place behind a group's last. */
    int end(int group) {
        return ends[group];
    }

    /** The assignment at a place, or -1. */
    int assignment(int place) {
        return assignmentByPlace[place];
    }

    int place(int assignment) {
        return placeByAssignment[assignment];
    }
}
