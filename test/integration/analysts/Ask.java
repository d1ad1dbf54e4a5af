import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Properties;

/** Asks what stands on standard input, a question a line: SQL with `?`, then a type and a value for each, between tabs. */
class Ask {
    public static void main(String[] args) throws Exception {
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (Connection connection = DriverManager.getConnection(args[0], new Properties())) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                try {
                    System.out.println(ask(connection, line.split("\t", -1)));
                } catch (SQLException error) {
                    System.out.println("error " + error.getErrorCode() + " " + error.getMessage().replace('\n', ' '));
                }
            }
        }
    }

    private static String ask(Connection connection, String[] words) throws SQLException {
        var told = new StringBuilder();
        try (PreparedStatement statement = connection.prepareStatement(words[0].replace('\u0001', '\n'))) {
            for (int i = 1, place = 1; i + 1 < words.length; i += 2, place++) {
                switch (words[i]) {
                    case "UInt32" -> statement.setLong(place, Long.parseLong(words[i + 1]));
                    case "Float64" -> statement.setDouble(place, Double.parseDouble(words[i + 1]));
                    default -> statement.setString(place, words[i + 1].replace('\u0001', '\n').replace('\u0003', '\t'));
                }
            }
            try (ResultSet rows = statement.executeQuery()) {
                int columns = rows.getMetaData().getColumnCount();
                for (int count = 0; rows.next(); count++) {
                    if (count > 0) told.append('\u0002');
                    for (int column = 1; column <= columns; column++) {
                        if (column > 1) told.append('\t');
                        told.append(String.valueOf(rows.getString(column)).replace('\n', '\u0001').replace('\t', '\u0003'));
                    }
                }
            }
        }
        return told.toString();
    }
}
