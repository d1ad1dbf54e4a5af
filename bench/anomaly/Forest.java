import com.amazon.randomcutforest.RandomCutForest;
import com.amazon.randomcutforest.config.ForestMode;
import com.amazon.randomcutforest.config.Precision;
import com.amazon.randomcutforest.parkservices.ThresholdedRandomCutForest;
import java.io.*;

/**
 * Amazon's random cut forest over one series after the other. In: a line with the number of points, then one with each
 * point's time and value. Out: a line for each point, with the forest's score and the grade (0 to 1) of its own threshold.
 */
public final class Forest {
  static final int SHINGLE = 8;
  static final int TREES = 50;
  static final int SAMPLES = 256;
  static final long SEED = 1;

  public static void main(String[] arguments) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    PrintWriter out = new PrintWriter(new BufferedWriter(new OutputStreamWriter(System.out)));
    for (String head; (head = in.readLine()) != null; ) score(in, out, Integer.parseInt(head));
    out.flush();
  }

  static void score(BufferedReader in, PrintWriter out, int points) throws IOException {
    RandomCutForest forest = RandomCutForest.builder().dimensions(SHINGLE).shingleSize(SHINGLE).internalShinglingEnabled(true)
        .numberOfTrees(TREES).sampleSize(SAMPLES).randomSeed(SEED).build();
    ThresholdedRandomCutForest thresholded = ThresholdedRandomCutForest.builder().dimensions(SHINGLE).shingleSize(SHINGLE)
        .numberOfTrees(TREES).sampleSize(SAMPLES).randomSeed(SEED).precision(Precision.FLOAT_32)
        .forestMode(ForestMode.STANDARD).build();
    for (int index = 0; index < points; index++) {
      String[] point = in.readLine().split(" ");
      double[] value = {Double.parseDouble(point[1])};
      double score = forest.getAnomalyScore(value);
      forest.update(value);
      double grade = thresholded.process(value, Long.parseLong(point[0])).getAnomalyGrade();
      out.println(score + " " + grade);
    }
  }
}
