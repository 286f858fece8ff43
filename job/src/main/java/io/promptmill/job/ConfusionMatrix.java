package io.promptmill.job;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How many rows of each class were given each class.
 *
 * @param names of the classes that are shown, of both rows and columns
 * @param gathered number of further classes, which share a last row and a column
 * @param counts by right answer and by what was given: a column for each name, then the gathered, the abstained and the errors
 */
record ConfusionMatrix(List<String> names, int gathered, long[][] counts) {

    /**
     * Rows with the same right answer and the same result.
     *
     * @param predicted null of abstained rows and errors
     */
    record Cell(String gold, String predicted, Outcomes.Kind kind, long rows) {}

    /**
     * Arranges cells.
     *
     * @param classes every class of the cells, those to be shown first
     * @param limit of shown classes
     */
    static ConfusionMatrix of(List<Cell> cells, List<ClassScore> classes, int limit) {
        List<String> names = classes.stream().limit(limit).map(ClassScore::name).toList();
        Map<String, Integer> positions = new HashMap<>();
        for (String name : names) {
            positions.put(name, positions.size());
        }
        int gathered = classes.size() - names.size();
        long[][] counts = new long[names.size() + (gathered > 0 ? 1 : 0)][names.size() + 3];
        for (Cell cell : cells) {
            int row = positions.getOrDefault(cell.gold(), names.size());
            int column = switch (cell.kind()) {
                case EVALUATED -> positions.getOrDefault(cell.predicted(), names.size());
                case ABSTAINED -> names.size() + 1;
                default -> names.size() + 2;
            };
            counts[row][column] += cell.rows();
        }
        return new ConfusionMatrix(names, gathered, counts);
    }

    /** Scores of all classes that the cells name. */
    static List<ClassScore> scores(List<Cell> cells) {
        Map<String, long[]> sums = new HashMap<>();
        for (Cell cell : cells) {
            sums.computeIfAbsent(cell.gold(), name -> new long[3])[0] += cell.rows();
            if (cell.kind() == Outcomes.Kind.EVALUATED) {
                sums.computeIfAbsent(cell.predicted(), name -> new long[3])[1] += cell.rows();
                sums.get(cell.gold())[2] += cell.gold().equals(cell.predicted()) ? cell.rows() : 0;
            }
        }
        List<ClassScore> scores = new ArrayList<>();
        sums.forEach((name, sum) -> scores.add(new ClassScore(name, sum[0], sum[1], sum[2])));
        scores.sort(ClassScore.ORDER);
        return scores;
    }
}
